"""The Lua that must be atomic: look at who holds an entry and act on it in one step.

KEYS: 1 the stream, 2 its dead stream. ARGV: 1 the group, 2 the consumer, then what each script names.
"""

from __future__ import annotations

from typing import Final

# ARGV: for each entry the number of its words, then the words. One answer for hundreds: a pipeline's answers cost the
# client more than the entries cost the server.
PUBLISH: Final = """
local ids, at = {}, 1
while at <= #ARGV do
  local count = tonumber(ARGV[at])
  ids[#ids + 1] = redis.call('XADD', KEYS[1], '*', unpack(ARGV, at + 1, at + count))
  at = at + count + 1
end
return ids
"""

# ARGV 3…: ids. A plain XCLAIM would take back what was meanwhile given to another consumer.
RENEW: Final = """
local held = {}
for i = 3, #ARGV do
  local row = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1, ARGV[2])
  if #row > 0 then
    if #redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID') > 0 then
      held[#held + 1] = ARGV[i]
    end
  end
end
return held
"""

# Answers {{id, deliveries, fields}, …} of the living and of the dead. An entry without fields was deleted by
# hand and only its lease was left: it is dropped.
_SETTLE: Final = """
local function settle(rows, limit)
  local living, dead = {}, {}
  for _, row in ipairs(rows) do
    local id, fields = row[1], row[2]
    local info = redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1, ARGV[2])[1]
    if not fields or #fields == 0 then
      redis.call('XACK', KEYS[1], ARGV[1], id)
    elseif info and info[4] > limit then
      local copy = {unpack(fields)}
      copy[#copy + 1] = 'dead_id'
      copy[#copy + 1] = id
      copy[#copy + 1] = 'deliveries'
      copy[#copy + 1] = info[4]
      redis.call('XADD', KEYS[2], 'MAXLEN', '~', 10000, '*', unpack(copy))
      redis.call('XACK', KEYS[1], ARGV[1], id)
      redis.call('XDEL', KEYS[1], id)
      dead[#dead + 1] = {id, info[4], fields}
    elseif info then
      living[#living + 1] = {id, info[4], fields}
    end
  end
  return {living, dead}
end
"""

# ARGV 3 deliveries allowed, 4 idle ms, 5 count. XAUTOCLAIM looks at ten times COUNT entries and then hands a
# cursor back, so the loop goes on until it has enough or has seen all.
RECLAIM: Final = (
    _SETTLE
    + """
local cursor, rows, count = '0-0', {}, tonumber(ARGV[5])
repeat
  local answer = redis.call('XAUTOCLAIM', KEYS[1], ARGV[1], ARGV[2], ARGV[4], cursor, 'COUNT', count - #rows)
  cursor = answer[1]
  for _, row in ipairs(answer[2]) do
    if row then rows[#rows + 1] = row end
  end
until cursor == '0-0' or #rows >= count
return settle(rows, tonumber(ARGV[3]))
"""
)

# ARGV 3 deliveries allowed, 4 count.
PENDING: Final = (
    _SETTLE
    + """
local answer = redis.call('XREADGROUP', 'GROUP', ARGV[1], ARGV[2], 'COUNT', ARGV[4], 'STREAMS', KEYS[1], ARGV[5])
if not answer then return {{}, {}} end
return settle(answer[1][2], tonumber(ARGV[3]))
"""
)

# ARGV 2 idle ms. DELCONSUMER drops what the consumer has pending, so look and delete must be one step.
DROP_IDLE_CONSUMERS: Final = """
local dropped = {}
for _, row in ipairs(redis.call('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])) do
  local info = {}
  for i = 1, #row, 2 do info[row[i]] = row[i + 1] end
  if info['pending'] == 0 and info['idle'] >= tonumber(ARGV[2]) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], info['name'])
    dropped[#dropped + 1] = info['name']
  end
end
return dropped
"""
