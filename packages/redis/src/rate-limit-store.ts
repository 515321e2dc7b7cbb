/**
 * Rate limits counted in Redis, exact over all gateways: one script call for each request.
 *
 * The server runs a script alone, so taking several limits is atomic; its own clock gives the time.
 * Each key is a hash of slot → count that expires by itself.
 *
 * - RV2  Every answer follows from one script call: no gateway acts on what another may have changed.
 * - RV3  A key lives no longer than its window and two slots after its last admitted request.
 *
 * What this cannot promise: a primary that fails over before it has replicated forgets the newest
 * counts, so up to one limit more may pass in that window.
 *
 * @module
 */
import { hash } from "node:crypto";
import {
  type RateLimitCheck,
  type RateLimitDecision,
  type RateLimitStore,
  slotMsOf,
  slotsBefore,
} from "@ashlar/gateway";
import type { RedisConnection, RedisScript } from "./connection.ts";
import { RedisAnswerError } from "./errors.ts";

/** ARGV: time or -1 for the server's, then limit, slotMs and slots before the present one, per key. */
const text = `
local now = tonumber(ARGV[1])
if now < 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local admitted = true
local states = {}
for i, key in ipairs(KEYS) do
  local state = { limit = tonumber(ARGV[i * 3 - 1]), slotMs = tonumber(ARGV[i * 3]) }
  state.before = tonumber(ARGV[i * 3 + 1])
  state.slot = math.floor(now / state.slotMs)
  local pairsOfKey = redis.call('HGETALL', key)
  for j = 1, #pairsOfKey, 2 do
    state.slot = math.max(state.slot, tonumber(pairsOfKey[j]))
  end
  state.total = 0
  for j = 1, #pairsOfKey, 2 do
    local slot = tonumber(pairsOfKey[j])
    if slot < state.slot - state.before then
      redis.call('HDEL', key, pairsOfKey[j])
    else
      state.total = state.total + tonumber(pairsOfKey[j + 1])
      if state.oldest == nil or slot < state.oldest then state.oldest = slot end
    end
  end
  state.allowed = state.total < state.limit
  admitted = admitted and state.allowed
  states[i] = state
end
local answer = {}
for i, key in ipairs(KEYS) do
  local state = states[i]
  if admitted then
    redis.call('HINCRBY', key, string.format('%.0f', state.slot), 1)
    redis.call('PEXPIRE', key, (state.before + 2) * state.slotMs)
    state.total = state.total + 1
    state.oldest = state.oldest or state.slot
  end
  local reset = 0
  if state.oldest ~= nil then reset = (state.oldest + state.before + 1) * state.slotMs - now end
  table.insert(answer, state.allowed and 1 or 0)
  table.insert(answer, math.max(0, state.limit - state.total))
  table.insert(answer, math.ceil(reset))
end
return answer
`;

const script: RedisScript = { text, digest: hash("sha1", text, "hex") };

export interface RedisRateLimitOptions {
  /** Before every key. Default `ashlar:limit:`. */
  readonly prefix?: string;
  /** Replaces the server's clock. For tests. */
  readonly wallMs?: () => number;
}

export class RedisRateLimitStore implements RateLimitStore {
  readonly #redis: RedisConnection;
  readonly #prefix: string;
  readonly #wallMs: () => number;

  constructor(redis: RedisConnection, options: RedisRateLimitOptions = {}) {
    this.#redis = redis;
    this.#prefix = options.prefix ?? "ashlar:limit:";
    this.#wallMs = options.wallMs ?? (() => -1);
  }

  async take(checks: readonly RateLimitCheck[]): Promise<readonly RateLimitDecision[]> {
    const keys = checks.map((each) => this.#prefix + each.key);
    const figures = checks.flatMap(({ limit, windowMs }) => [
      String(limit),
      String(slotMsOf(windowMs)),
      String(slotsBefore(windowMs)),
    ]);
    const answer = await this.#redis.run(script, keys, [String(this.#wallMs()), ...figures]);
    if (!isAnswer(answer) || answer.length !== checks.length * 3) {
      throw new RedisAnswerError("EVALSHA of the rate limit script");
    }
    return checks.map((_, i) => ({
      allowed: answer[i * 3] === 1,
      remaining: answer[i * 3 + 1] ?? 0,
      resetMs: answer[i * 3 + 2] ?? 0,
    }));
  }
}

function isAnswer(answer: unknown): answer is readonly number[] {
  return Array.isArray(answer) && answer.every((each) => typeof each === "number");
}
