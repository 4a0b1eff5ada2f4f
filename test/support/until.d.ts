/**
 * Asks until there is an answer.
 *
 * @param what names the condition in the error when it does not come true within `timeoutMs`
 */
export declare function until<T>(what: string, ask: () => T | undefined | Promise<T | undefined>, timeoutMs?: number): Promise<T>;
