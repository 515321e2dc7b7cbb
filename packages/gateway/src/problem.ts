/**
 * Refusals as values: what is wrong and what the client may do, in `application/problem+json`.
 *
 * A refusal is not an exception here: it is returned, because an edge refuses often and building
 * stack traces for strangers is work that they could ask for.
 *
 * @module
 */
import { gatewayProblems, type ProblemCode } from "./errors.ts";

export interface Problem {
  readonly code: ProblemCode;
  readonly detail: string;
  /** Further response headers: name, value, name, value. */
  readonly headers?: readonly string[];
  /** Close the connection after answering: its state is not known, or its body is not wanted. */
  readonly close?: boolean;
}

export function problem(
  code: ProblemCode,
  detail: string,
  extra?: Pick<Problem, "headers" | "close">,
): Problem {
  return { code, detail, ...extra };
}

export function isProblem(value: object): value is Problem {
  return "code" in value && "detail" in value;
}

/** HTTP status of a problem. */
export function statusOf(each: Problem): number {
  return gatewayProblems[each.code].status;
}

/** The document, as it goes over the wire. */
export function problemBody(each: Problem, correlationId: string): string {
  const { status, title } = gatewayProblems[each.code];
  const { code, detail } = each;
  return JSON.stringify({ type: "about:blank", title, status, code, detail, correlationId });
}

export function bodyTooLarge(bytesMax: number): Problem {
  return problem("REQUEST_BODY_TOO_LARGE", `this route takes bodies of at most ${bytesMax} bytes`, {
    close: true,
  });
}
