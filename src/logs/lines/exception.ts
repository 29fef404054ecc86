/** `java.lang.IllegalStateException`, `KeyError`, `TypeError [ERR_X]`: what names a class that is thrown. */
const CLASS =
  /^(?:Caused by: |Uncaught |Unhandled )?((?:[A-Za-z_$][\w$]*[.:]{1,2})*[A-Z][\w$]*(?:Exception|Error|Fault|Failure|Panic|Interrupt|Warning))(?=[:\s[(]|$)/;
const LONGEST = 100;
/** A trace names its exception in its first lines, or in its last (Python). */
const LINES_LOOKED_AT = 20;

/** The class of an exception that a text begins with or ends in; null for none. */
export function exceptionIn(text: string): string | null {
  const lines = text.slice(0, 8_192).split('\n', LINES_LOOKED_AT + 1);
  for (const line of lines) {
    const found = CLASS.exec(line.trimEnd());
    if (found?.[1] !== undefined) return found[1].slice(0, LONGEST);
  }
  const last = text.slice(-2_048).trimEnd();
  const tail = CLASS.exec(last.slice(last.lastIndexOf('\n') + 1));
  return tail?.[1]?.slice(0, LONGEST) ?? null;
}
