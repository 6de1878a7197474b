/** Compares two reports of a scenario, part by part. What the reference does not say is not compared. */
import { canonicalJson } from '../../src/kernel/canonical-json';
import type { ScenarioReport } from './scenario';

/** A part of a report. */
export type Part = keyof ScenarioReport;

/** A part that is not the same, with the first place where it is not. */
export interface Difference {
  readonly part: Part;
  readonly place: string;
  readonly reference: string;
  readonly ours: string;
}

const TEXT_LENGTH_MAX = 160;
/** Characters that are shown before the first one that differs. */
const LEAD_LENGTH = 40;

/** Every part of the reference's report that ours has otherwise. */
export function differencesOf(reference: Partial<ScenarioReport>, ours: Partial<ScenarioReport>): Difference[] {
  const { other_runs: otherRuns, ...rest } = reference;
  const ofOthers = Object.entries(otherRuns ?? {}).flatMap(([runId, run]) =>
    differingParts(run, ours.other_runs?.[runId] ?? {}).map((part) => {
      return firstOf('other_runs', `other_runs.${runId}.${part}`, run[part], ours.other_runs?.[runId]?.[part]);
    }),
  );
  return [...differingParts(rest, ours).map((part) => firstOf(part, part, rest[part], ours[part])), ...ofOthers];
}

function differingParts<T extends object>(reference: T, ours: Partial<T>): (keyof T & string)[] {
  return (Object.keys(reference) as (keyof T & string)[]).filter((part) => !isSame(reference[part], ours[part]));
}

/** Whether two values are the same JSON. */
export function isSame(one: unknown, other: unknown): boolean {
  return textOf(one) === textOf(other);
}

function textOf(value: unknown): string {
  return value === undefined ? '(nothing)' : canonicalJson(value);
}

/** Goes down to the first place that differs. */
function firstOf(part: Part, place: string, reference: unknown, ours: unknown): Difference {
  if (Array.isArray(reference) && Array.isArray(ours)) {
    const length = Math.max(reference.length, ours.length);
    const index = Array.from({ length }).findIndex((_, at) => !isSame(reference[at], ours[at]));
    return firstOf(part, `${place}[${index}]`, reference[index], ours[index]);
  }
  if (isObject(reference) && isObject(ours)) {
    const keys = [...Object.keys(reference), ...Object.keys(ours)];
    const key = keys.find((one) => !isSame(reference[one], ours[one])) as string;
    return firstOf(part, `${place}.${key}`, reference[key], ours[key]);
  }
  return { part, place, ...cutAlike(shown(reference), shown(ours)) };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : textOf(value);
}

/** Shows of two long texts the stretch where they part. */
function cutAlike(reference: string, ours: string): { readonly reference: string; readonly ours: string } {
  const differsAt = Array.from({ length: reference.length }).findIndex((_, index) => reference[index] !== ours[index]);
  const from = Math.max(0, (differsAt === -1 ? Math.min(reference.length, ours.length) : differsAt) - LEAD_LENGTH);
  const cut = (text: string): string => {
    if (text.length <= TEXT_LENGTH_MAX) return text;
    const end = from + TEXT_LENGTH_MAX;
    return `${from > 0 ? '…' : ''}${text.slice(from, end).toWellFormed()}${end < text.length ? '…' : ''}`;
  };
  return { reference: cut(reference), ours: cut(ours) };
}
