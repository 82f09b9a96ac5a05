import { Button } from '@mantine/core';
import { useCallback, useEffect, useState } from 'react';
import { useIntl } from 'react-intl';
import { problemOf, useApi } from '../../api/hooks.ts';
import type { Problem } from '../../api/wire.ts';
import { asUtcNoon } from '../../lib/dates.ts';
import { ErrorState, Skeletons, useProblemText } from '../../ui/index.ts';
import classes from './devices.module.css';

interface Device {
  readonly id: string;
  readonly name: string;
  readonly signedInAt: string;
  /** Calendar date: no more is recorded. */
  readonly lastSeenOn: string;
  readonly endsAt: string;
  readonly current: boolean;
}

/** Where this person is signed in, with a way to end each. */
export function DeviceList() {
  const intl = useIntl();
  const api = useApi();
  const problemText = useProblemText();
  const [devices, setDevices] = useState<readonly Device[]>();
  const [problem, setProblem] = useState<Problem>();

  const load = useCallback(async () => {
    try {
      setDevices((await api.get<{ devices: Device[] }>('/devices')).devices);
      setProblem(undefined);
    } catch (error) {
      setProblem(problemOf(error));
    }
  }, [api]);
  useEffect(() => void load(), [load]);

  const end = async (path: string) => {
    await api.delete(path).catch((error) => setProblem(problemOf(error)));
    await load();
  };
  const verb = { label: intl.formatMessage({ id: 'devices.tryAgain' }), onPress: () => void load() };
  return (
    <section className={classes['section']} aria-labelledby="devices">
      <h2 id="devices">{intl.formatMessage({ id: 'devices.title' })}</h2>
      {problem && <ErrorState sentence={problemText(problem)} verb={verb} />}
      {!devices && !problem && <Skeletons>{null}</Skeletons>}
      <ul className={classes['devices']}>
        {devices?.map((device) => (
          <li key={device.id}>
            <span>
              <b>{device.name}</b>
              <small className="soft">
                {device.current
                  ? intl.formatMessage({ id: 'devices.thisOne' })
                  : intl.formatMessage(
                      { id: 'devices.lastSeen' },
                      { date: intl.formatDate(asUtcNoon(device.lastSeenOn), { dateStyle: 'medium', timeZone: 'UTC' }) },
                    )}
              </small>
            </span>
            {!device.current && (
              <Button
                variant="default"
                onClick={() => void end(`/devices/${device.id}`)}
                aria-label={intl.formatMessage({ id: 'devices.endOne' }, { name: device.name })}
              >
                {intl.formatMessage({ id: 'devices.end' })}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {(devices?.length ?? 0) > 1 && (
        <Button variant="default" onClick={() => void end('/devices')}>
          {intl.formatMessage({ id: 'devices.endOthers' })}
        </Button>
      )}
    </section>
  );
}
