import { sameJson } from '../../lib/equal.ts';
import type { PipelineValues, StageValues } from './pipelineValues.ts';
import { type Clash, type Merged, type Merging, type Sides, threeWay } from './threeWay.ts';

/**
 * Joins drafts of pipelines. The server compares the stages as one value; people
 * change single stages, so they are compared here one by one and key by key. A
 * clash is at name, departmentId, lostReasons, order, stages/<id> or
 * stages/<id>/<key>.
 */
export const pipelineMerging: Merging<PipelineValues> = { merge, copy };

function merge({ base, mine }: Sides<PipelineValues>, theirs: PipelineValues): Merged<PipelineValues> {
  const clashes: Clash[] = [];
  const stages = orderOf(clashes, base, mine, theirs).flatMap((id) => mergeStage(clashes, id, base, mine, theirs));
  const values: PipelineValues = {
    name: threeWay(clashes, 'name', base.name, mine.name, theirs.name),
    departmentId: threeWay(clashes, 'departmentId', base.departmentId, mine.departmentId, theirs.departmentId),
    lostReasons: threeWay(clashes, 'lostReasons', base.lostReasons, mine.lostReasons, theirs.lostReasons),
    stages,
  };
  return { values, clashes };
}

function mergeStage(
  clashes: Clash[],
  id: string,
  base: PipelineValues,
  mine: PipelineValues,
  theirs: PipelineValues,
): StageValues[] {
  const [b, m, t] = [base, mine, theirs].map((side) => stageIn(side, id));
  if (!m || !t) {
    const left = m ?? t;
    if (!left || (b && sameJson(left, b))) return []; // one side took it away, the other had left it as it was
    if (b) clashes.push({ path: `stages/${id}`, theirs: t });
    return [left];
  }
  const key = <K extends keyof StageValues>(name: K) =>
    threeWay(clashes, `stages/${id}/${name}`, (b ?? t)[name], m[name], t[name]);
  return [
    {
      id,
      name: key('name'),
      kind: key('kind'),
      probability: key('probability'),
      idleDays: key('idleDays'),
      requires: key('requires'),
      from: key('from'),
      why: key('why'),
    },
  ];
}

/** The ids of all stages of both sides, in the order of whoever changed it. */
function orderOf(clashes: Clash[], base: PipelineValues, mine: PipelineValues, theirs: PipelineValues): string[] {
  const inAll = (side: PipelineValues) =>
    idsOf(side).filter((id) => [base, mine, theirs].every((other) => stageIn(other, id) !== undefined));
  const order = threeWay(clashes, 'order', inAll(base), inAll(mine), inAll(theirs));
  const [first, second] = sameJson(order, inAll(mine)) ? [mine, theirs] : [theirs, mine];
  const ids = idsOf(first);
  for (const [at, id] of idsOf(second).entries()) {
    if (ids.includes(id)) continue;
    const before = idsOf(second)[at - 1];
    ids.splice(before === undefined ? 0 : ids.indexOf(before) + 1, 0, id);
  }
  return ids;
}

function copy(values: PipelineValues, other: PipelineValues, path: string): PipelineValues {
  const [place = '', id = '', key = ''] = path.split('/');
  if (place === 'order') {
    const rank = new Map(idsOf(other).map((each, at) => [each, at]));
    const last = other.stages.length;
    return { ...values, stages: values.stages.toSorted((a, b) => (rank.get(a.id) ?? last) - (rank.get(b.id) ?? last)) };
  }
  if (place !== 'stages') return { ...values, [place]: other[place as 'name'] };
  const theirs = stageIn(other, id);
  if (!theirs) return { ...values, stages: values.stages.filter((stage) => stage.id !== id) };
  if (!stageIn(values, id)) {
    const at = idsOf(other).indexOf(id);
    return { ...values, stages: values.stages.toSpliced(at, 0, theirs) };
  }
  return {
    ...values,
    stages: values.stages.map((stage) =>
      stage.id === id ? (key ? { ...stage, [key]: theirs[key as keyof StageValues] } : theirs) : stage,
    ),
  };
}

function idsOf({ stages }: PipelineValues): string[] {
  return stages.map(({ id }) => id);
}

function stageIn({ stages }: PipelineValues, id: string): StageValues | undefined {
  return stages.find((stage) => stage.id === id);
}
