import type { ComponentType } from 'react';
import { useIntl } from 'react-intl';
import { lazyPart, Part } from '../ui/part.tsx';
import { OfflineState } from '../ui/States.tsx';

/**
 * A screen that is loaded when its address is first asked for; `name` is what its module
 * exports. Without a network it waits for one: the router's own lazy component would
 * load the whole page anew, which without a network is the end of the app.
 */
export function lazyScreen<Name extends string>(load: () => Promise<Record<Name, ComponentType>>, name: Name) {
  const part = lazyPart(async () => (await load())[name]);
  return Object.assign(() => <Part of={part} with={{}} missing={<ScreenMissing />} />, {
    // The router waits for this before it shows the address; what does not come is told in the screen's place.
    preload: () => part.load().catch(() => undefined),
  });
}

function ScreenMissing() {
  const intl = useIntl();
  // A connection, and still no screen: a newer version of the app may have taken its place.
  const verb = { label: intl.formatMessage({ id: 'app.loadAgain' }), onPress: () => location.reload() };
  return <OfflineState sentence={intl.formatMessage({ id: 'ui.partMissing' })} verb={navigator.onLine ? verb : undefined} />;
}
