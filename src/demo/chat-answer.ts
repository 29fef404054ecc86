import { logNormalDraw } from './draws.ts';

/** How a toy model answers; times are log-normal, with a p99 of twice the median. Shares are of answers, 0..1. */
export interface ChatBehaviour {
  /** Median from the request to the first token. */
  readonly firstTokenMs: number;
  /** Median between two tokens. */
  readonly tokenGapMs: number;
  /** Share of answers that stop for `stallMs` in their middle. */
  readonly stallShare: number;
  readonly stallMs: number;
  /** Median tokens of an answer. */
  readonly tokens: number;
  /** Share of answers that end because they are too long: `finish_reason` is `length`. */
  readonly lengthShare: number;
  /** Share of answers that call a tool instead. */
  readonly toolShare: number;
  /** Share of the tool calls whose arguments are not valid JSON. */
  readonly brokenToolShare: number;
  /** Share of answers that refuse. */
  readonly refusalShare: number;
  /** Share of streams that end without `[DONE]`. */
  readonly unfinishedShare: number;
  /** Whether `usage` is said. */
  readonly usage: 'said' | 'left-out';
}

export const GOOD_CHAT: ChatBehaviour = {
  firstTokenMs: 60,
  tokenGapMs: 8,
  stallShare: 0,
  stallMs: 1_000,
  tokens: 12,
  lengthShare: 0.05,
  toolShare: 0.1,
  brokenToolShare: 0,
  refusalShare: 0.02,
  unfinishedShare: 0,
  usage: 'said',
};

/** One answer before it is written: its tokens, each with the time since the one before. */
export interface ChatAnswer {
  readonly kind: 'text' | 'tool';
  readonly tokens: readonly { readonly text: string; readonly afterMs: number }[];
  readonly finishReason: 'stop' | 'length' | 'tool_calls';
  readonly promptTokens: number;
  readonly isFinished: boolean;
}

const WORDS = ['the ', 'small ', 'yellow ', 'bird ', 'sings ', 'before ', 'anyone ', 'else ', 'smells ', 'gas. '];
const REFUSAL = ["I'm ", 'sorry, ', 'but ', 'I ', "can't ", 'help ', 'with ', 'that.'];
const MOST_TOKENS = 4_096;

/** Draws an answer; the same numbers make the same answer. */
export function drawChatAnswer(behaviour: ChatBehaviour, promptTokens: number, random: () => number): ChatAnswer {
  const isTool = random() < behaviour.toolShare;
  const isRefusal = !isTool && random() < behaviour.refusalShare;
  const texts = isTool
    ? toolArguments(random() < behaviour.brokenToolShare)
    : isRefusal
      ? REFUSAL
      : wordsOf(behaviour, random);
  const stallAt = random() < behaviour.stallShare ? Math.floor(texts.length / 2) : -1;
  const isTooLong = !isTool && random() < behaviour.lengthShare;
  return {
    kind: isTool ? 'tool' : 'text',
    tokens: texts.map((text, at) => ({
      text,
      afterMs:
        spread(at === 0 ? behaviour.firstTokenMs : behaviour.tokenGapMs, random) +
        (at > 0 && at === stallAt ? behaviour.stallMs : 0),
    })),
    finishReason: isTool ? 'tool_calls' : isTooLong ? 'length' : 'stop',
    promptTokens,
    isFinished: random() >= behaviour.unfinishedShare,
  };
}

function wordsOf({ tokens }: ChatBehaviour, random: () => number): readonly string[] {
  const count = Math.min(MOST_TOKENS, Math.max(1, Math.round(spread(tokens, random))));
  return Array.from({ length: count }, (_, at) => WORDS[at % WORDS.length] ?? '');
}

function toolArguments(isBroken: boolean): readonly string[] {
  return ['{"city":', '"Porto",', '"days":', isBroken ? '3' : '3}'];
}

function spread(p50: number, random: () => number): number {
  return logNormalDraw(p50, 2 * p50, random);
}
