import { Button } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { FormattedMessage, useIntl } from 'react-intl';
import { problemOf, useApi, useRecords } from '../api/hooks.ts';
import type { Explanation, Problem, RuleText } from '../api/wire.ts';
import { useProblemText } from '../ui/index.ts';
import { useNameOf } from './people.ts';
import classes from './RecordFields.module.css';

/** "Why can I see this?" – answered with the rule that decided. */
export function Why({ recordId }: { recordId: string }) {
  const api = useApi();
  const problemText = useProblemText();
  const [answer, setAnswer] = useState<Explanation>();
  const [problem, setProblem] = useState<Problem>();
  const ask = () => {
    setProblem(undefined);
    api
      .get<Explanation>(`/records/${recordId}/why`)
      .then(setAnswer)
      .catch((error: unknown) => setProblem(problemOf(error)));
  };
  return (
    <div>
      <Button
        variant="transparent"
        size="compact-sm"
        p={0}
        onClick={answer ? () => setAnswer(undefined) : ask}
        aria-expanded={answer !== undefined}
      >
        <FormattedMessage id="record.why" />
      </Button>
      {answer && <Answer answer={answer} />}
      <div role="status">{problem && <p className={classes['problem']}>{problemText(problem)}</p>}</div>
    </div>
  );
}

/** Comes into view and takes the focus: it opens below the link, where a drawer may end. */
function Answer({ answer }: { answer: Explanation }) {
  const intl = useIntl();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.focus({ preventScroll: true });
    box.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  const groups = answer.groups.map((group) => intl.formatMessage({ id: `record.group.${group}` }));
  return (
    <div ref={box} className={classes['box']} tabIndex={-1}>
      {answer.rule ? <RuleSentence rule={answer.rule} /> : <FormattedMessage id="record.whyNoRule" />}{' '}
      {groups.length > 0 && <FormattedMessage id="record.whyGroups" values={{ list: intl.formatList(groups) }} />}
    </div>
  );
}

function RuleSentence({ rule }: { rule: RuleText }) {
  const intl = useIntl();
  const words = useRuleWords();
  return (
    <>
      {intl.formatMessage(
        { id: 'record.whyRule' },
        { who: words.who(rule.who), what: words.what(rule.what), whose: words.whose(rule.whose) },
      )}
    </>
  );
}

/** The words of a rule in the reader's language. */
function useRuleWords() {
  const intl = useIntl();
  const nameOf = useNameOf();
  useRecords('department'); // names may arrive later
  const say = (id: string, values: Record<string, string> = {}) => intl.formatMessage({ id }, values);
  return {
    who: (who: string) => {
      const [kind = '', name = ''] = who.split(':');
      if (kind === 'everyone') return say('record.rule.everyone');
      if (kind !== 'role') return nameOf(name) || say('ui.somebody');
      const [role = '', department] = name.split('@');
      const roleName = say(`record.role.${role}`);
      return department ? say('record.rule.roleAt', { role: roleName, department: nameOf(department) }) : roleName;
    },
    what: (what: string) => {
      const [kind, id] = what.split(':');
      if (kind === 'board' && id) return say('record.rule.board', { board: nameOf(id) });
      return what === '*' ? say('record.rule.anything') : say(`record.type.${what}`);
    },
    whose: (whose: string) => {
      const [kind, id] = whose.split(':');
      return kind === 'named' && id ? say('record.whose.named', { department: nameOf(id) }) : say(`record.whose.${whose}`);
    },
  };
}
