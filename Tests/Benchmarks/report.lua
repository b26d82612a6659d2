-- wrk: every request is a webhook about another payment, so that nothing is covered by what came before. $FIRST_ID begins them.
-- With $BODY_BYTES each body has that many, filled up by a field that the daemon does not know; after $REQUESTS no more come.
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end
local form = '{"id":%d,"currency":"btc","amount":"1500.00","created_at":"2026-11-20T18:04:05.123Z",' ..
  '"updated_at":"2026-11-20T18:09:11.456Z","state":"paid","currency_amount":"0.00123456"}'
local limit = tonumber(os.getenv("REQUESTS") or "0")
function init()
  count = 0
  base = tonumber(os.getenv("FIRST_ID") or "1") + number * 100000000
  -- The ids of a round have equally many digits.
  local missing = tonumber(os.getenv("BODY_BYTES") or "0") - #string.format(form, base) - #',"memo":""'
  if missing >= 0 then
    form = string.sub(form, 1, -2) .. ',"memo":"' .. string.rep("m", missing) .. '"}'
  end
end
function request()
  count = count + 1
  if count == limit then
    wrk.thread:stop()
  end
  return wrk.format("POST", nil, { ["Content-Type"] = "application/json", ["Host"] = "hooks.example" },
    string.format(form, base + count))
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
