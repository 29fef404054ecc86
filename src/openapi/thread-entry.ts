import { parentPort, workerData } from 'node:worker_threads';
import { compareTexts } from './compare-texts.ts';

const { stable, canary } = workerData;
const texts = { stable: String(stable), canary: String(canary) };
parentPort?.postMessage(await compareTexts(texts, (part) => parentPort?.postMessage(part)));
