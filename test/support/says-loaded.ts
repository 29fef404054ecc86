// Preloaded into a process: says on stderr, at its end, which modules it has loaded.
import { registerHooks } from 'node:module';

const loaded: string[] = [];
registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});
process.on('exit', () => process.stderr.write(`loaded ${JSON.stringify(loaded)}\n`));
