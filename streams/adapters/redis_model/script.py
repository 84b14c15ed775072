"""The one write of the read model: a Lua script, because Redis runs it whole or not at all, and alone.

It refuses to write when any of the offsets that Redis holds is not the one that the writer read from: Redis came back
empty or with an older snapshot, or somebody else has taken the partition over. So what is in Redis is always exactly
the records below the offsets in Redis, each partition's in order.

`ARGV[1]` is a plan as JSON, the rest are the values that it names by their index: many small arguments would cost the
client more than everything else here. Whole numbers that Redis has to keep exactly are strings in the plan.
"""

from __future__ import annotations

from msgspec import Struct

__all__ = ["APPLY", "Plan"]


class Plan(Struct):
    """What `APPLY` is to do; keys are whole, values are indices into `ARGV`."""

    offsets: list[tuple[str, str, str]]
    """(key, what Redis must hold, what it holds after)."""
    decisions: list[tuple[str, str, str, str, str, int, int, str, str, str]]
    """(key, key of the list, task, event time, version, value, item, key of those before it, key of the contested ones,
    score or empty)."""
    decisions_kept: int
    revisions_kept: int
    contested_kept: int
    contested: dict[str, str]
    """Key of the contested tasks → what the keys of their decisions begin with."""
    decision_ttl_seconds: int
    alerts: list[tuple[str, str, str, str, str, int, str, bool]]
    """(key, key of the list, alert, time raised, version, value, key of the open ones, whether the episode is over)."""
    episodes_kept: int
    alert_ttl_seconds: int
    tasks: dict[str, list[tuple[str, str, str, str]]]
    """Key of the project's open tasks → (task, key of its state's list or empty when it is not open, time, details)."""
    open_lists: dict[str, list[str]]
    """The same keys → the lists of all states."""
    open_tasks_kept: int
    figures: list[tuple[str, str, list[int], list[int]]]
    """(key, version, what is set: field and value by turns, fields that are gone)."""
    overviews: list[tuple[str, int]]
    """(key, value)."""
    projects_key: str
    projects: list[str]


APPLY = """
local plan = cjson.decode(ARGV[1])

-- 1. Refuse unless every partition goes on where Redis has stopped.
local refused = {}
for _, claim in ipairs(plan.offsets) do
  local stored = redis.call('GET', claim[1]) or '0'
  if stored ~= claim[2] then
    refused[#refused + 1] = claim[1]
    refused[#refused + 1] = stored
  end
end
if #refused > 0 then return refused end

-- 2. Decisions and alerts: the greatest version wins, whatever the order; of decisions the others are kept for a while.
local lists = {}
local function former(key, version, value)
  redis.call('HSET', key, version, value)
  redis.call('EXPIRE', key, plan.decision_ttl_seconds)
  local versions = redis.call('HKEYS', key)
  table.sort(versions)
  for i = 1, #versions - plan.revisions_kept + 1 do redis.call('HDEL', key, versions[i]) end
end
local function newest(item, kept, ttl, history, more)
  local key, list, member, time, version, value = unpack(item, 1, 6)
  local current = redis.call('HGET', key, 'version')
  if current and current >= version then
    if history and current > version then former(history, version, ARGV[value]) end
    return false
  end
  if current and history then former(history, current, redis.call('HGET', key, 'value')) end
  redis.call('HSET', key, 'version', version, 'value', ARGV[value], unpack(more or {}))
  redis.call('EXPIRE', key, ttl)
  redis.call('ZADD', list, time, member)
  lists[list] = kept
  return true
end
for _, decision in ipairs(plan.decisions) do
  local task, shown, history, contested, score = decision[3], {'item', ARGV[decision[7]]}, unpack(decision, 8, 10)
  if newest(decision, plan.decisions_kept, plan.decision_ttl_seconds, history, shown) then
    if score == '' then redis.call('ZREM', contested, task) else redis.call('ZADD', contested, score, task) end
  end
end
for contested, prefix in pairs(plan.contested) do
  redis.call('ZREMRANGEBYRANK', contested, plan.contested_kept, -1)
  for _, task in ipairs(redis.call('ZRANGE', contested, 0, 19)) do
    if redis.call('EXISTS', prefix .. task) == 0 then redis.call('ZREM', contested, task) end
  end
end
for _, alert in ipairs(plan.alerts) do
  if newest(alert, plan.episodes_kept, plan.alert_ttl_seconds) then
    local member, value, open, over = alert[3], alert[6], alert[7], alert[8]
    if over then redis.call('HDEL', open, member) else redis.call('HSET', open, member, ARGV[value]) end
  end
end
for list, kept in pairs(lists) do redis.call('ZREMRANGEBYRANK', list, 0, -kept - 1) end

-- 3. Open tasks: the last one said holds.
for details, tasks in pairs(plan.tasks) do
  local all = plan.open_lists[details]
  for _, entry in ipairs(tasks) do
    local task, list, time, detail = unpack(entry, 1, 4)
    local known
    if list == '' then
      known = redis.call('HDEL', details, task) == 1
    else
      known = redis.call('HSET', details, task, detail) == 0
      redis.call('ZADD', list, time, task)
    end
    if known then
      for _, other in ipairs(all) do
        if other ~= list then redis.call('ZREM', other, task) end
      end
    end
  end
  for _, list in ipairs(all) do
    for _, task in ipairs(redis.call('ZRANGE', list, plan.open_tasks_kept, -1)) do
      redis.call('ZREM', list, task)
      redis.call('HDEL', details, task)
    end
  end
end

-- 4. Figures, overviews, and the list of projects.
for _, figures in ipairs(plan.figures) do
  local key, version, set, gone = unpack(figures, 1, 4)
  for i = 1, #set, 2 do redis.call('HSET', key, ARGV[set[i]], ARGV[set[i + 1]]) end
  for _, field in ipairs(gone) do redis.call('HDEL', key, ARGV[field]) end
  redis.call('HSET', key, 'version', version)
end
for _, overview in ipairs(plan.overviews) do redis.call('SET', overview[1], ARGV[overview[2]]) end
for _, project in ipairs(plan.projects) do redis.call('SADD', plan.projects_key, project) end

-- 5. Last, where Redis is now.
for _, claim in ipairs(plan.offsets) do
  if claim[3] ~= claim[2] then redis.call('SET', claim[1], claim[3]) end
end
return {}
"""
