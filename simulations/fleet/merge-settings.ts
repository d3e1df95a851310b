/** Settings over a preset's: objects field by field, whatever else replaces. */

type Settings = Readonly<Record<string, unknown>>;

export function mergeSettings(base: Settings, over: unknown): unknown {
  if (!isSettings(over)) return over;
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const below = merged[name];
    // A distribution is one value: half of a lognormal and half of a constant are neither.
    const whole = !isSettings(value) || !isSettings(below) || 'kind' in value || 'kind' in below;
    merged[name] = whole ? value : mergeSettings(below, value);
  }
  return merged;
}

function isSettings(value: unknown): value is Settings {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
