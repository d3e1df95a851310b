/** MurmurHash3's finaliser (Appleby 2011): every bit of a word moves half of the result's. A permutation of all words. @returns unsigned, 32 bits */
export function mixBits(word: number): number {
  let h = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
