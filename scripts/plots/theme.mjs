/** Colours of the plots, on light pages and on dark ones: told apart by colour-blind people, too. */

export const THEMES = {
  light: {
    background: '#ffffff', text: '#1f2328', muted: '#59636e', grid: '#d1d9e0',
    ours: '#0969da', native: '#1a7f37', cpu: '#6639ba', stock: '#bc4c00', stockCpu: '#9a6700', pytorch: '#bf3989', loops: '#bc4c00', copy: '#6e7781', raw: '#bc4c00', int8: '#1a7f37', int4: '#6639ba',
  },
  dark: {
    background: '#0d1117', text: '#e6edf3', muted: '#9198a1', grid: '#3d444d',
    ours: '#58a6ff', native: '#3fb950', cpu: '#bc8cff', stock: '#f0883e', stockCpu: '#d29922', pytorch: '#f778ba', loops: '#f0883e', copy: '#8b949e', raw: '#f0883e', int8: '#3fb950', int4: '#bc8cff',
  },
};

export const FONT = 'system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif';
