import { Button } from '@mantine/core';
import { IconEyeOff } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { FormattedMessage } from 'react-intl';
import { useRecord } from '../../api/hooks.ts';
import { nameOf } from '../../records/people.ts';
import classes from './Board.module.css';

/** Says that a card left the board while the person was about to move it. */
export function GoneNotice({ name, onRead }: { name: string; onRead(): void }) {
  return (
    <div className={classes['refused']} role="alert">
      <IconEyeOff size={18} aria-hidden="true" />
      <div>
        <b>{name}</b> <FormattedMessage id="board.gone" />
      </div>
      <div className={classes['verbs']}>
        <Button onClick={onRead}>
          <FormattedMessage id="board.understood" />
        </Button>
      </div>
    </div>
  );
}

/** The name of the deal with this id once it is out of sight, until it has been read; `onGone` is told as it goes. */
export function useGone(dealId: string, onGone: () => void): [name: string, read: () => void] {
  const deal = useRecord(dealId || undefined);
  const seen = useRef({ id: '', name: '' });
  const [gone, setGone] = useState('');
  useEffect(() => {
    if (deal) seen.current = { id: deal.id, name: nameOf(deal) };
    else if (dealId && seen.current.id === dealId) {
      setGone(seen.current.name);
      seen.current = { id: '', name: '' };
      onGone();
    }
  }, [deal, dealId, onGone]);
  return [gone, () => setGone('')];
}
