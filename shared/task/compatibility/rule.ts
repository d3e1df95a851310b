/** What a rule of the compatibility matrix says, and the words in which a task that breaks it is refused. */

export interface CompatibilityRule<Spec> {
  /** The setting to change, dotted: what a refusal points at. */
  readonly path: string;
  /** The parts that cannot stand together, for people. */
  readonly parts: string;
  readonly excluded: (spec: Spec) => boolean;
  readonly reason: string | ((spec: Spec) => string);
  readonly alternative: string | ((spec: Spec) => string);
}

export interface Incompatibility {
  readonly path: string;
  readonly message: string;
}

/** What a spec breaks of these rules, in their order. */
export function brokenBy<Spec>(rules: readonly CompatibilityRule<Spec>[], spec: Spec): Incompatibility[] {
  const said = (words: string | ((about: Spec) => string)): string => (typeof words === 'string' ? words : words(spec));
  return rules
    .filter((rule) => rule.excluded(spec))
    .map(({ path, parts, reason, alternative }) => ({ path, message: `${parts} exclude each other: ${said(reason)}; ${said(alternative)}` }));
}
