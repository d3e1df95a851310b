/**
 * Room for buffers. V8 counts the memory of buffers against the next full collection as if it lay on the heap, and gives a
 * heap of 20 MB only about 10 MB of it: a coordinator through which reports of 4 MB flow then collects several times a
 * round, for a third of its processor time, and frees next to nothing. Here the next full collection waits for as much as
 * is said, whatever the size of the heap.
 *
 * It changes the whole process: for programs to call (`murmur serve`), not for libraries.
 */
import { constants, PerformanceObserver, type NodeGCPerformanceDetail } from 'node:perf_hooks';
import { getHeapStatistics, setFlagsFromString } from 'node:v8';

const DEFAULT_SLACK_BYTES = 64 << 20;

/** @returns what sets V8's own rule in force again */
export function keepHeapSlack(bytes = DEFAULT_SLACK_BYTES): () => void {
  // A factor is all that V8 takes, so it follows the heap; a heap beyond the slack goes by V8's own rule, which 0 means.
  const adjust = (): void => {
    const used = getHeapStatistics().used_heap_size;
    setFlagsFromString(`--heap-growing-percent=${used < bytes ? Math.round((100 * bytes) / used) : 0}`);
  };
  const observer = new PerformanceObserver((list) => {
    if (list.getEntries().some(isFullCollection)) adjust();
  });
  adjust();
  observer.observe({ entryTypes: ['gc'] });
  return () => {
    observer.disconnect();
    setFlagsFromString('--heap-growing-percent=0');
  };
}

function isFullCollection(entry: PerformanceEntry): boolean {
  // The types of the browser's entries, which know no detail, stand before Node's.
  return (entry as PerformanceEntry & { readonly detail?: NodeGCPerformanceDetail }).detail?.kind === constants.NODE_PERFORMANCE_GC_MAJOR;
}
