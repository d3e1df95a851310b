interface Spread {
  readonly samples: number;
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
}
interface Figure {
  readonly bench: string;
  readonly case: string;
  readonly metric: string;
  readonly unit: string;
  readonly smallerIsBetter: boolean;
  readonly ours: Spread;
  readonly baseline: Spread | null;
}
interface Begin {
  readonly bench: string;
  readonly at: string;
  readonly machine: { readonly cpu: string; readonly cores: number; readonly load: number; readonly node: string; readonly platform: string; readonly syncMs: number };
}
export function withTables(page: string, figures: readonly Figure[], begins: readonly Begin[]): string;
