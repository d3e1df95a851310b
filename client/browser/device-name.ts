/** A plain name for this browser, as `Chromium on Linux`; its owner can change it. */

interface BrandedNavigator {
  readonly userAgentData?: { readonly brands: readonly { readonly brand: string }[]; readonly platform: string };
}

// Order matters: every one of them claims to be its predecessors, too.
const BROWSERS = [
  ['Edg/', 'Edge'],
  ['OPR/', 'Opera'],
  ['Firefox/', 'Firefox'],
  ['Chrome/', 'Chrome'],
  ['Safari/', 'Safari'],
] as const;
const SYSTEMS = [
  ['Android', 'Android'],
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Windows', 'Windows'],
  ['Mac OS', 'macOS'],
  ['CrOS', 'ChromeOS'],
  ['Linux', 'Linux'],
] as const;

export function nameThisBrowser(navigator: BrandedNavigator & { readonly userAgent: string }): string {
  const agent = navigator.userAgent;
  // `Not;A Brand` and the like are there to keep sites from relying on the list.
  const brands = (navigator.userAgentData?.brands ?? []).map(({ brand }) => brand).filter((brand) => !/not.*brand/i.test(brand));
  const named = brands.find((brand) => brand !== 'Chromium') ?? brands[0];
  const browser = named ?? BROWSERS.find(([mark]) => agent.includes(mark))?.[1] ?? 'Browser';
  const told = navigator.userAgentData?.platform ?? '';
  const system = told !== '' ? told : SYSTEMS.find(([mark]) => agent.includes(mark))?.[1];
  return system === undefined ? browser : `${browser} on ${system}`;
}
