/**
 * Numbers and times as people read them. Widths stay steady, so that live values do not dance.
 *
 * @module
 */

/** What is shown where nothing was measured. */
export const none = "–";

export function formatRate(perSecond: number | null | undefined): string {
  if (perSecond === null || perSecond === undefined) return none;
  if (perSecond === 0) return "0";
  if (perSecond < 0.1) return "<0.1";
  if (perSecond < 10) return perSecond.toFixed(1);
  return compact(perSecond);
}

export function formatMs(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return none;
  if (ms === 0) return "0 ms";
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1_000)} s`;
}

export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return none;
  if (bytes < 1_024) return `${bytes} B`;
  if (bytes < 2 ** 20) return `${(bytes / 1_024).toFixed(bytes < 10_240 ? 1 : 0)} KB`;
  if (bytes < 2 ** 30) return `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0)} MB`;
  return `${(bytes / 2 ** 30).toFixed(2)} GB`;
}

export function formatPercent(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined) return none;
  const percent = ratio * 100;
  if (percent === 0) return "0 %";
  if (percent < 0.1) return "<0.1 %";
  return `${percent.toFixed(percent < 10 ? 1 : 0)} %`;
}

export function formatCount(count: number | null | undefined): string {
  return count === null || count === undefined ? none : compact(count);
}

function compact(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  if (value >= 1e4) return `${(value / 1e3).toFixed(1)} k`;
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(1);
}

/** `45 s`, `18 min`, `3 h 12 min`, `2 d 4 h`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** `14:03:27` in the reader's zone. */
export function formatTime(ms: number): string {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
}

/** `14:03:27.482` */
export function formatTimeMs(ms: number): string {
  return `${formatTime(ms)}.${String(Math.floor(ms) % 1_000).padStart(3, "0")}`;
}

export function formatDateTime(ms: number): string {
  const date = new Date(ms);
  const day = [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())];
  return `${day.join("-")} ${formatTime(ms)}`;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

/** `1 span`, `2 spans`, `3 processes`. */
export function plural(count: number, noun: string): string {
  const ending = count === 1 ? "" : /(?:s|ch|x)$/.test(noun) ? "es" : "s";
  return `${count} ${noun}${ending}`;
}
