/** `murmur task show NAME --trouble`: what is wrong with a task, the evidence in numbers, and what to try. */
import type { FindingRecord } from '../../server/diagnosis/finding-record.ts';
import { said } from '../../server/diagnosis/reading.ts';
import type { Output } from '../output.ts';
import type { ApiClient } from '../remote/api-client.ts';

export async function showTrouble(api: ApiClient, name: string, output: Output): Promise<void> {
  const findings = await api.listFindings(name, { all: true });
  output.result({ task: name, findings }, explainFindings(findings, name));
}

/** A line for the task's own page. */
export function troubleInShort(findings: readonly FindingRecord[], name: string): string {
  const counts = new Map<string, number>();
  for (const { reading } of findings) counts.set(reading, (counts.get(reading) ?? 0) + 1);
  const named = [...counts].map(([reading, count]) => (count === 1 ? reading : `${reading} (${count})`));
  return `Trouble: ${named.join(', ')}; \`murmur task show ${name} --trouble\` tells more`;
}

export function explainFindings(findings: readonly FindingRecord[], name: string): string {
  const standing = findings.filter(({ overIn }) => overIn === null);
  const over = findings.filter(({ overIn }) => overIn !== null);
  const head = standing.length === 0 ? `Nothing is found to be wrong with task ${name}.` : `${standing.length === 1 ? 'One thing is' : `${standing.length} things are`} wrong with task ${name}, as far as can be seen:`;
  const past = over.map((finding) => `  ${finding.reading}${aboutWhom(finding)}: found in round ${finding.foundIn}, over in round ${finding.overIn}`);
  return [head, ...standing.map(explain), ...(past.length === 0 ? [] : [['What was wrong before:', ...past].join('\n')])].join('\n\n');
}

function explain(finding: FindingRecord): string {
  const { reading, sure, what, since, evidence, remedies } = finding;
  return [
    `${reading}${aboutWhom(finding)} (${sure}, since round ${since})`,
    `  ${what}`,
    `  evidence: ${Object.entries(evidence).map(([of, value]) => `${of} ${said(value)}`).join(', ')}`,
    ...remedies.map((remedy, i) => `  ${i === 0 ? 'try:     ' : '         '} ${remedy}`),
  ].join('\n');
}

function aboutWhom({ edges }: FindingRecord): string {
  if (edges.length === 0) return '';
  return `, ${edges.slice(0, 5).join(', ')}${edges.length > 5 ? ` and ${edges.length - 5} more` : ''}`;
}
