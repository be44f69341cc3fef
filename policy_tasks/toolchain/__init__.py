"""
The outside world: processes, the go command, the build directory, the Docker engine, registries. Found on first use.
"""
