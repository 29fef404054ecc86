/** Whether slow tests run in their short form, as `.ci/run` has them: the same tests, with fewer repetitions. */
export const isShort = process.env.SERIN_TEST_SHORT === '1';
