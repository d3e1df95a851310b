/**
 * Loads tfjs-node in a process of its own, which an addon that does not fit may take down, computes with it, and prints
 * what it found: `{"tensorflow": VERSION}`.
 *
 *     node try-package.cjs PACKAGE_FOLDER PROJECT
 */
'use strict';
const { createRequire } = require('node:module');
const { join } = require('node:path');
const util = require('node:util');

const [folder, project] = process.argv.slice(2);
// Node 23 removed what tfjs-node 4.22 calls.
util.isNullOrUndefined ??= (value) => value === null || value === undefined;

const inProject = createRequire(join(project, 'package.json'));
const core = inProject('@tensorflow/tfjs-core');
inProject('@tensorflow/tfjs-layers');
require(folder);
const fromPackage = createRequire(join(folder, 'dist/index.js'));
if (createRequire(fromPackage.resolve('@tensorflow/tfjs'))('@tensorflow/tfjs-core') !== core) throw new Error('the package has a TensorFlow.js of its own, whose backends the project does not see');
if (core.getBackend() !== 'tensorflow') throw new Error(`the backend is ${core.getBackend()}`);

// A step of training in small: a product, its gradient, a convolution's gradient.
const x = core.tensor2d([1, 2, 3, 4], [2, 2]);
const gradient = core.grad((value) => core.sum(core.matMul(value, value)))(x).dataSync();
const image = core.ones([1, 4, 4, 1]);
const filters = core.grad((value) => core.sum(core.conv2d(image, value, 1, 'valid')))(core.ones([3, 3, 1, 1])).dataSync();
if (String(gradient) !== '7,11,9,13' || String(filters) !== String(Array(9).fill(4))) throw new Error(`it computes wrongly: ${gradient}; ${filters}`);

const { TF_Version: version } = core.findBackend('tensorflow').binding;
process.stdout.write(`${JSON.stringify({ tensorflow: version })}\n`);
