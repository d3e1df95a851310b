export interface BuildBrowserOptions {
  /** dist/browser unless given. */
  readonly outDir?: string;
  /** Which bundles; all unless given. */
  readonly entries?: readonly ('dashboard-page' | 'join-page' | 'join-worker' | 'murmuration-client')[];
}

/** Bundles the pages, their worker and the client library; `bytes` are the bundles' sizes by file name. */
export declare function buildBrowser(options?: BuildBrowserOptions): Promise<{ outDir: string; bytes: Record<string, number> }>;
