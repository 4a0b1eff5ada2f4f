// SPDX-License-Identifier: Apache-2.0
/** Whether what the services send is enough to judge by: who calls whom, which instance, by which clock. */
import { HealthStatus } from '../../model/status.js';
import type { Verdict } from '../../model/verdict.js';
import { counted, type Facts, inEnvironment, nameOf, percent, type Rule, someOf, spanOfTime } from './finding.js';
import type { ServiceNote } from './set-up-sample.js';

/** Fewer calls than this say little about a share of them. */
const CALL_COUNT_MIN = 20;

/** Shares of calls that name nobody: a few are of libraries that nobody asks about; most are a fault of the set-up. */
const UNIDENTIFIED_SHARE_WARNING = 0.05;
const UNIDENTIFIED_SHARE_ERROR = 0.5;

/** Less than this share of callees' spans find their call where traces are whole, for some of the callers are never seen. */
const PAIRED_SHARE_MIN = 0.5;

const UNKNOWN_SERVICE = 'unknown_service';

const hasSpans = ({ setUp }: Facts): boolean => setUp.services.length > 0;

export const INSTRUMENTATION_RULES: readonly Rule[] = [
  {
    code: 'no-client-spans',
    well: 'callers tell of their calls',
    applies: hasSpans,
    find: ({ setUp: { services } }) =>
      total(services, callsOf) > 0
        ? undefined
        : {
            severity: 'error',
            what: `${counted(
              total(services, ({ spans }) => spans),
              'span',
            )} came lately, and none is of a call to somebody else (kind CLIENT or PRODUCER).`,
            why: 'Verdicts are made of what callers saw. Without their spans there is nobody to ask.',
            fix: 'Add the instrumentation of the HTTP, gRPC or database client that these services use, or export to the engine from their callers.',
            examples: someOf(services.map(nameOf)),
          },
  },
  {
    code: 'unidentified-peers',
    well: 'calls name whom they called',
    applies: ({ setUp: { services } }) => total(services, callsOf) > 0,
    find: findUnidentified,
  },
  {
    code: 'service-unnamed',
    well: 'every service has a name',
    applies: hasSpans,
    find: ({ setUp: { services } }) => {
      const unnamed = services.filter(({ service }) => service.startsWith(UNKNOWN_SERVICE));
      if (unnamed.length === 0) return undefined;
      const spans = total(unnamed, (note) => note.spans);
      return {
        severity: 'error',
        what: `${counted(spans, 'span')} came lately from services without a name.`,
        why: 'All of them are one observer and one subject: the failure of one is blamed on the others.',
        fix: 'Set OTEL_SERVICE_NAME in each service.',
        examples: someOf(unnamed.map((note) => `${nameOf(note)}: ${counted(note.spans, 'span')}`)),
      };
    },
  },
  {
    code: 'no-instance-id',
    well: 'instances can be told apart',
    applies: hasSpans,
    find: ({ setUp: { services } }) => {
      const without = services.filter(({ withoutInstance, service }) => withoutInstance > 0 && service !== '');
      if (without.length === 0) return undefined;
      return {
        severity: 'warning',
        what: `${counted(without.length, 'service')} of ${services.length} sent spans without service.instance.id.`,
        why: 'Their replicas are one observer and one subject. One that fails is outvoted by the others, and no verdict can name it.',
        fix: 'Set OTEL_RESOURCE_ATTRIBUTES=service.instance.id=… to something unique to each replica, such as the name of its pod. The guest makes one by itself.',
        examples: someOf(without.map(nameOf)),
      };
    },
  },
  {
    code: 'clock-skew',
    well: 'observers’ clocks agree with the engine’s',
    applies: hasSpans,
    find: ({ setUp: { skewed } }) => {
      if (skewed.length === 0) return undefined;
      const worstFirst = [...skewed].sort((a, b) => Math.abs(b.correctionMs) - Math.abs(a.correctionMs));
      return {
        severity: 'warning',
        what: `The clocks of ${counted(skewed.length, 'observer')} are off.`,
        why: 'The engine corrects them by an estimate, so their votes count; but the order of events across machines is only as good as it, and in traces it is wrong.',
        fix: 'Look after NTP (chronyc tracking) on these machines. If all observers are off by the same, it is the engine’s own clock.',
        examples: someOf(
          worstFirst.map(
            ({ environment, observer, correctionMs }) =>
              `${inEnvironment(observer, environment)}: ${spanOfTime(Math.abs(correctionMs))} ${correctionMs > 0 ? 'behind' : 'ahead'}`,
          ),
        ),
      };
    },
  },
  {
    code: 'no-guest',
    well: 'a guest watches in every calling service',
    applies: (facts) => hasSpans(facts) && total(facts.setUp.services, callsOf) > 0,
    find: ({ setUp: { services } }) => {
      const callers = services.filter((note) => callsOf(note) > 0 && note.service !== '');
      const alone = callers.filter(({ observations }) => observations === 0);
      if (alone.length === 0) return undefined;
      return {
        severity: 'notice',
        what: `${alone.length} of ${counted(callers.length, 'calling service')} ${alone.length === 1 ? 'has' : 'have'} no Panorama guest.`,
        why: 'A call that hangs has no span until it ends, so nobody sees it hang. And what a sampler leaves out is not counted.',
        fix: 'Where they run on Node, start them with node --import panorama-otel/register. Others are judged by the spans that they send.',
        examples: someOf(alone.map(nameOf)),
      };
    },
  },
  {
    code: 'no-server-spans',
    well: 'callees tell of what they served',
    applies: (facts) => hasSpans(facts) && total(facts.setUp.services, callsOf) > 0,
    find: ({ setUp: { services } }) =>
      total(services, ({ served }) => served) > 0
        ? undefined
        : {
            severity: 'warning',
            what: 'No server span came lately: callers tell of their calls, and no callee of what it served.',
            why: 'So a failure stays with whoever was called: nobody can tell a culprit from a victim, a slow service from one that waits for another, or which instance lives at an address.',
            fix: 'Let the services that are called export to the engine too, with the instrumentation of their HTTP or gRPC server.',
            examples: [],
          },
  },
  { code: 'parents-missing', well: 'calls and answers find each other', applies: hasSpans, find: findMissingParents },
  {
    code: 'context-not-propagated',
    well: 'traces go on in the callee',
    applies: ({ setUp: { services } }) =>
      services.filter(({ served }) => served > 0).length > 1 && total(services, callsOf) >= CALL_COUNT_MIN,
    find: ({ setUp: { services } }) => {
      if (total(services, ({ answers }) => answers) > 0) return undefined;
      const serving = services.filter(({ served }) => served > 0);
      if (total(serving, ({ served }) => served) < CALL_COUNT_MIN) return undefined;
      return {
        severity: 'notice',
        what: `All server spans of ${counted(serving.length, 'service')} begin a trace of their own.`,
        why: 'If these services call each other, a call and what its callee did cannot be joined: blame ends at the callee.',
        fix: 'Check that traceparent passes the proxies between them, and that both sides have the same OTEL_PROPAGATORS.',
        examples: someOf(serving.map(nameOf)),
      };
    },
  },
  {
    code: 'lone-observers',
    well: 'most subjects have several observers',
    applies: ({ verdicts }) => verdicts.some(isKnown),
    find: ({ verdicts }) => {
      const known = verdicts.filter(isKnown);
      const lone = known.filter(
        ({ observersFor, observersAgainst }) => observersFor.length + observersAgainst.length === 1,
      );
      if (lone.length === 0 || lone.length * 2 < known.length) return undefined;
      return {
        severity: 'notice',
        what: `${lone.length} of ${counted(known.length, 'subject')} ${lone.length === 1 ? 'is' : 'are'} seen by one observer only.`,
        why: 'One witness can convict, with a confidence of 0.67 at most; but whether the fault is the subject’s or its own, nobody else can say.',
        fix: 'Nothing, if nobody else calls them. Else let the other callers export to the engine, and see that their instances can be told apart.',
        examples: someOf(lone.map(({ environment, subject }) => inEnvironment(subject, environment))),
      };
    },
  },
];

function findUnidentified({ setUp: { services } }: Facts): ReturnType<Rule['find']> {
  const calls = total(services, (note) => note.calls);
  const unidentified = total(services, (note) => note.unidentified);
  const share = calls === 0 ? 0 : unidentified / calls;
  if (calls < CALL_COUNT_MIN || share < UNIDENTIFIED_SHARE_WARNING) return undefined;
  const worstFirst = services
    .filter(({ examples }) => examples.length > 0)
    .sort((a, b) => b.unidentified - a.unidentified);
  return {
    severity: share >= UNIDENTIFIED_SHARE_ERROR ? 'error' : 'warning',
    what: `${counted(unidentified, 'call')} of ${calls.toLocaleString('en')} (${percent(share)}) do not say whom they called.`,
    why: 'They are evidence for or against nobody: a failure that only they met is not seen.',
    fix: 'Have the instrumentation set server.address and server.port, or messaging.system and messaging.destination.name; or name the callee yourself in service.peer.name (older: peer.service). A Collector’s filter may also have taken them off.',
    examples: someOf(
      worstFirst.flatMap((note) =>
        note.examples.map(
          ({ span, attributes }) =>
            `${nameOf(note)}: “${span}”, of which only ${attributes.join(', ') || 'the name'} can be used`,
        ),
      ),
    ),
  };
}

function findMissingParents({ setUp: { services, pairings } }: Facts): ReturnType<Rule['find']> {
  const answers = total(services, (note) => note.answers);
  if (answers < CALL_COUNT_MIN || pairings >= PAIRED_SHARE_MIN * answers) return undefined;
  return {
    severity: 'warning',
    what: `Of ${counted(answers, 'server span')} with a parent, ${percent(1 - pairings / answers)} never met it: the caller’s span did not come.`,
    why: 'A call and what its callee did cannot be joined: blame ends at the callee, its own time is not known, and addresses get no names.',
    fix: 'Let the callers export to the engine too. Where they do, look for a sampler that decides anew in each service instead of following the parent, and for batches that are dropped.',
    examples: someOf(services.filter((note) => note.answers > 0).map(nameOf)),
  };
}

/** All that is known of calls: spans, and what guests made of them. */
function callsOf({ calls, accounted, observations }: ServiceNote): number {
  return calls + accounted + observations;
}

function total(services: readonly ServiceNote[], read: (note: ServiceNote) => number): number {
  return services.reduce((sum, note) => sum + read(note), 0);
}

function isKnown({ status }: Verdict): boolean {
  return status !== HealthStatus.NA;
}
