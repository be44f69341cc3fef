// Text of others, made fit to be shown.

// Control characters but for tabs and line breaks, and characters that change the
// direction of what stands beside them, or are not seen.
const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

// seen returns the text with those as JSON can write them.
export const seen = (text) => text.replace(hidden, (c) => "\\u" + c.charCodeAt(0).toString(16).padStart(4, "0"));
