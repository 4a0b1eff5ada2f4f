import type { Transition, Verdict } from '../../src/model/verdict.js';
export declare function verdictOf(given?: Partial<Verdict>): Verdict;
export declare function transitionOf(seq: number, given?: Partial<Omit<Transition, 'verdict'>> & {
    verdict?: Partial<Verdict>;
}): Transition;
