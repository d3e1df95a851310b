// All kernels, one WebAssembly module. It imports its memory and puts nothing into it of its own: no data, no stack,
// no allocator, so that it can run inside any other module's memory. Compiled by scripts/kernels.mjs.
export * from './vectors';
export * from './quantized';
export * from './optimizers';
export * from './matrix';
export * from './convolution';
export * from './depthwise';
export * from './pool';
export * from './segments';
export * from './elementwise';
export * from './rows';
export * from './activation';
export * from './sparse';
export * from './columns';
export * from './distances';
