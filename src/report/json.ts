import type { DiagnosisResult } from '../diagnosis/diagnose.ts';
import type { Diagnosis, HostFacts, Judged, Target, ThreadReport } from '../diagnosis/diagnosis.ts';
import { decodeUtf8 as text } from '../term/sanitize.ts';
import type { Edge, Fact, Node } from '../waits/graph.ts';
import { evidenceOf } from './evidence-of.ts';
import { type Json, present } from './json-text.ts';

/** Grows only when a reader of the older one would misread: see `schema/inspect.schema.json`. */
const SCHEMA_VERSION = 1;

/** A JSON object. */
interface JsonObject {
  readonly [key: string]: Json;
}

/** The object of `procdiag inspect --json`: of one process, or of several under `results`. */
export function diagnosisJson(
  results: readonly DiagnosisResult[],
  meta: { toolVersion: string },
): JsonObject {
  const head = { schemaVersion: SCHEMA_VERSION, tool: { name: 'procdiag', version: meta.toolVersion } };
  const host = hostOf(results);
  const [only] = results;
  if (only !== undefined && results.length === 1) return { ...head, ...host, ...resultJson(only) };
  return { ...head, ...host, results: results.map(resultJson) };
}

function hostOf(results: readonly DiagnosisResult[]): JsonObject {
  for (const result of results) if ('diagnosis' in result) return { host: hostJson(result.diagnosis.host) };
  return {};
}

function resultJson(result: DiagnosisResult): JsonObject {
  if (!('diagnosis' in result)) {
    return {
      target: { pid: result.pid },
      error: { code: result.error.code, message: text(result.error.message) },
    };
  }
  const { diagnosis } = result;
  return {
    target: targetJson(diagnosis.target),
    verdict: verdictJson(diagnosis),
    findings: diagnosis.findings.map(findingJson),
    threads: diagnosis.threads.map(threadJson),
    unseen: diagnosis.unseen.map(({ what, why, remedy }) => ({
      what: text(what),
      why: text(why),
      remedy: text(remedy),
    })),
    timing: {
      startedAt: diagnosis.timing.startedAt,
      elapsedSeconds: diagnosis.timing.elapsedMs / 1000,
      looks: diagnosis.timing.looks,
    },
  };
}

function hostJson(host: HostFacts): JsonObject {
  return present({
    hostname: maybe(host.hostname),
    kernel: maybe(host.kernel),
    arch: maybe(host.arch),
    bootTime: host.bootTime,
    hazards: host.hazards.map(({ pid, comm, what, facts }) => ({
      pid,
      comm: text(comm),
      what: text(what),
      evidence: facts.map(factJson),
    })),
  });
}

function targetJson(target: Target): JsonObject {
  return present({
    pid: target.pid,
    tid: target.tid,
    startTime: target.startTime,
    comm: text(target.comm),
    cmdline: target.cmdline?.map(text),
    state: text(target.state),
    ppid: target.ppid,
    nspid: target.nspid,
    tracerPid: target.tracerPid,
    uid: target.uid,
    cgroup: maybe(target.cgroup),
    threads: target.threads,
    kernelThread: target.kernelThread,
  });
}

function verdictJson({ verdict, findings }: Diagnosis): JsonObject {
  return present({
    state: verdict.state,
    summary: text(verdict.summary),
    cause: verdict.state === 'healthy' ? undefined : findings[0]?.rule.id,
    idle: verdict.idle,
    seconds: verdict.seconds,
    killable: verdict.killable,
  });
}

function findingJson(finding: Judged): JsonObject {
  return present({
    cause: finding.rule.id,
    family: finding.rule.family,
    severity: finding.severity,
    confidence: finding.confidence,
    because: text(finding.because),
    title: text(finding.title),
    summary: text(finding.summary),
    subsystem: finding.subsystem,
    culprit: finding.culprit === undefined ? undefined : nodeJson(finding.culprit),
    chain: finding.chain.map(edgeJson),
    evidence: evidenceOf(finding).map(factJson),
    remedies: finding.remedies.map(({ command, effect, risk }) => ({
      command: text(command),
      effect: text(effect),
      risk: text(risk),
    })),
  });
}

function edgeJson({ from, to, relation, on, how, confidence }: Edge): JsonObject {
  return {
    from: nodeJson(from),
    to: nodeJson(to),
    relation: text(relation),
    on: text(on),
    how: text(how),
    confidence,
  };
}

function nodeJson({ kind, id, name, pid, tid }: Node): JsonObject {
  return present({ kind, id: text(id), name: text(name), pid, tid });
}

function factJson({ path, line, says }: Fact): JsonObject {
  return present({ path: text(path), line: text(line), says: maybe(says) });
}

function threadJson(thread: ThreadReport): JsonObject {
  return present({
    tid: thread.tid,
    comm: text(thread.comm),
    state: text(thread.state),
    waitPoint: text(thread.waitPoint),
    syscall: maybe(thread.syscall),
    wchan: maybe(thread.wchan),
    stack: thread.stack?.map(text),
    idle: thread.idle,
    seconds: thread.seconds,
    moved: thread.moved,
  });
}

function maybe(raw: string | undefined): string | undefined {
  return raw === undefined ? undefined : text(raw);
}
