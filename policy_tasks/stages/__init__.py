"""
The stages, a function each: value in, value out. No stage imports another.
"""
