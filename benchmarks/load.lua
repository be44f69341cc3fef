-- For wrk: posts JSON, and prints one line of JSON at the end.
--
--     wrk -s load.lua URL -- [BODY RESULT]...
--
-- Each thread takes a BODY of its own and expects status 200 with {"result": RESULT}. What is not that is counted as wrong. An
-- empty RESULT is not looked at, which costs wrk the least.

local threads = {}

function setup(thread)
  thread:set("number", #threads)
  table.insert(threads, thread)
end

function init(args)
  wrong = 0
  wrk.method, wrk.body = "POST", args[1 + 2 * number]
  wrk.headers["Content-Type"] = "application/json"
  local result = args[2 + 2 * number]
  if result ~= "" then
    expected = '^%s*{%s*"result"%s*:%s*' .. result .. "%s*}%s*$"
    response = check
  end
end

function check(status, _, body)
  if status ~= 200 or not body:find(expected) then
    wrong = wrong + 1
    example = status .. " " .. body:sub(1, 300)
  end
end

-- quoted returns text as a JSON string.
local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
end

function done(summary, latency)
  local wrong, example, errors = 0, "", summary.errors
  for _, thread in ipairs(threads) do
    wrong = wrong + thread:get("wrong")
    example = thread:get("example") or example
  end
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "p99": %f, "errors": {"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}, ',
    summary.requests, summary.duration / 1e6, latency:percentile(99) / 1e6,
    errors.connect, errors.read, errors.write, errors.status, errors.timeout))
  io.write(string.format('"wrong": %d, "example": %s}\n', wrong, quoted(example)))
end
