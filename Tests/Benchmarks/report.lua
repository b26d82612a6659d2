-- wrk: every request is a webhook about another payment, so that nothing is covered by what came before.
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end
function init()
  count = 0
  base = tonumber(os.getenv("FIRST_ID") or "1") + number * 100000000
end
function request()
  count = count + 1
  local body = string.format(
    '{"id":%d,"currency":"btc","amount":"1500.00","created_at":"2026-11-20T18:04:05.123Z",' ..
    '"updated_at":"2026-11-20T18:09:11.456Z","state":"paid","currency_amount":"0.00123456"}', base + count)
  return wrk.format("POST", nil, { ["Content-Type"] = "application/json", ["Host"] = "hooks.example" }, body)
end
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, latency:percentile(50),
    latency:percentile(99), errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
