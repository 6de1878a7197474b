/** `mirror`: `npm run mirror` under another name. Its command line and its output are its own. */
import { EXIT } from '../exit-code';
import { runMirror } from '../../mirror-command';
import { defineVerb } from '../verb';

export const mirror = defineVerb<object>({
  name: 'mirror',
  summary: 'brings the logs of runs into a store, once or for as long as it runs; see mirror --help',
  examples: [],
  isBare: true,
  declare: (command) => {
    command.allowUnknownOption().allowExcessArguments().helpOption(false);
  },
  run: async ({ rest }) => ((await runMirror(rest)) === 0 ? EXIT.ok : EXIT.no),
});
