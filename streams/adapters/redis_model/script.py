"""The one write of the read model: a Lua script, because Redis runs it whole or not at all, and alone.

Its arguments are one flat list (`model.ReadModel.apply` writes it). It refuses to write when any of the offsets that
Redis holds is not the one that the writer read from: Redis came back empty or with an older snapshot, or somebody else
has taken the partition over. So what is in Redis is always exactly the records below the offsets in Redis, each
partition's in order.
"""

from __future__ import annotations

__all__ = ["APPLY"]

APPLY = """
local at = 0
local function take() at = at + 1; return ARGV[at] end
local function count() return tonumber(take()) end

-- 1. Refuse unless every partition goes on where Redis has stopped.
local offsets, refused = {}, {}
for _ = 1, count() do
  local key, expected, following = take(), take(), take()
  local stored = redis.call('GET', key) or '0'
  if stored ~= expected then
    refused[#refused + 1] = key
    refused[#refused + 1] = stored
  elseif following ~= stored then
    offsets[#offsets + 1] = {key, following}
  end
end
if #refused > 0 then return refused end

-- 2. Decisions and alerts: the greatest version wins, whatever the order.
local function newest(key, version, value, ttl)
  local current = redis.call('HGET', key, 'version')
  if current and current >= version then return false end
  redis.call('HSET', key, 'version', version, 'value', value)
  redis.call('EXPIRE', key, ttl)
  return true
end
local lists = {}
local function list(key, time, member, kept)
  redis.call('ZADD', key, time, member)
  lists[key] = kept
end

local kept, ttl = count(), take()
for _ = 1, count() do
  local key, index, member, time, version, value = take(), take(), take(), take(), take(), take()
  if newest(key, version, value, ttl) then list(index, time, member, kept) end
end

kept, ttl = count(), take()
for _ = 1, count() do
  local key, index, open, member, time, version, value, final =
    take(), take(), take(), take(), take(), take(), take(), take()
  if newest(key, version, value, ttl) then
    list(index, time, member, kept)
    if final == '1' then redis.call('HDEL', open, member) else redis.call('HSET', open, member, value) end
  end
end
for key, most in pairs(lists) do redis.call('ZREMRANGEBYRANK', key, 0, -most - 1) end

-- 3. Open tasks: the last one said holds.
kept = count()
local states, grown = {}, {}
for i = 1, count() do states[i] = take() end
for _ = 1, count() do
  local details, prefix, task, state, time, detail = take(), take(), take(), take(), take(), take()
  local known
  if state == '' then
    known = redis.call('HDEL', details, task) == 1
  else
    known = redis.call('HSET', details, task, detail) == 0
    redis.call('ZADD', prefix .. state, time, task)
    grown[prefix .. state] = details
  end
  if known then
    for _, other in ipairs(states) do
      if other ~= state then redis.call('ZREM', prefix .. other, task) end
    end
  end
end
for key, details in pairs(grown) do
  for _, task in ipairs(redis.call('ZRANGE', key, kept, -1)) do
    redis.call('ZREM', key, task)
    redis.call('HDEL', details, task)
  end
end

-- 4. Overviews, and the list of projects.
for _ = 1, count() do redis.call('SET', take(), take()) end
local projects = take()
for _ = 1, count() do redis.call('SADD', projects, take()) end

-- 5. Last, where Redis is now.
for _, offset in ipairs(offsets) do redis.call('SET', offset[1], offset[2]) end
return {}
"""
