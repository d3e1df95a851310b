/** What takes part in the benchmark: two ways from received frames to one sum, and the bare copy of the same bytes. */
export interface Contenders {
  /** Decodes, checks and adds every frame as a coordinator does. */
  ours(): void;
  /** The same in plain JavaScript loops. */
  loops(): void;
  /** Copies every frame's values once, with `TypedArray.set`. */
  copy(): void;
  /** What ours has come to. */
  sum(): Float64Array;
  /** What the loops have come to. */
  loopSum(): Float64Array;
  /** Σ|w·x| of each value. */
  absoluteSum(): Float64Array;
}
