/** What a browser tab without data of its own is offered: a sample of MNIST, as `/demo/data.json` and two IDX files. */
import type { ServerOptions } from '../../server/index.ts';
import { mnistSample } from '../../simulations/datasets/mnist.ts';

const SAMPLE = { examples: 2000, seed: 7 };

export async function demoFiles(): Promise<NonNullable<ServerOptions['files']>> {
  const { images, labels } = await mnistSample(SAMPLE);
  const offer = {
    images: '/demo/images.idx',
    labels: '/demo/labels.idx',
    description: `${SAMPLE.examples} handwritten digits of MNIST, handed out by this coordinator for demonstration`,
  };
  return {
    '/demo/data.json': { type: 'application/json', body: JSON.stringify(offer) },
    [offer.images]: { type: 'application/octet-stream', body: images },
    [offer.labels]: { type: 'application/octet-stream', body: labels },
  };
}
