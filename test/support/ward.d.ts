/** An engine under observation: with its telemetry and its doctor, on a clock that the test owns, and without sockets. */
import type { SelfKnowledge } from '../../src/engine/api/routes.js';
import type { Diagnosis } from '../../src/engine/doctor/diagnosis.js';
import type { Finding } from '../../src/engine/doctor/finding.js';
import { Engine, type EngineParts } from '../../src/engine/engine.js';
import { EngineTelemetry } from '../../src/engine/telemetry/engine-telemetry.js';
import { FakeClock } from './fake-clock.js';
export declare class Ward {
    readonly clock: FakeClock;
    readonly engine: Engine;
    readonly telemetry: EngineTelemetry;
    readonly self: SelfKnowledge;
    /** Whether the engine takes spans. */
    isReady: boolean;
    otlpGrpc: string;
    /** How threads that decode would fare. */
    readonly decoders: {
        readyCount: number;
        lostCount: number;
        handedOverCount: number;
    };
    constructor(parts?: Partial<EngineParts>);
    diagnosis(): Diagnosis;
    /** The finding with that code, if there is one. */
    finding(code: string): Finding | undefined;
    /** Whether that was looked at and nothing found. */
    isWell(code: string): boolean;
    close(): void;
}
