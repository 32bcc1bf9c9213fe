import type { SessionInfo } from '../../react/index.ts';
import type { ReactElement } from 'react';
import { browserShapes } from '../icons/browser-shapes.tsx';
import { browserShapeOf, systemShapeOf } from '../icons/shape-of-device.ts';
import { systemShapes } from '../icons/system-shapes.tsx';

/** Props of {@link DeviceIcon}. */
export interface DeviceIconProps {
  readonly device: SessionInfo['device'];
}

/** A picture of the system with a sign of the browser. The text beside it says the same, so screen readers skip it. */
export function DeviceIcon({ device }: DeviceIconProps): ReactElement {
  const system = systemShapeOf(device);
  const browser = browserShapeOf(device);
  return (
    <span className="tss-icon" data-system={system} aria-hidden="true">
      <svg width="24" height="24" viewBox="0 0 24 24">
        {systemShapes[system]}
      </svg>
      {browser !== null && (
        <svg className="tss-icon-browser" data-browser={browser} width="20" height="20" viewBox="0 0 24 24">
          {browserShapes[browser]}
        </svg>
      )}
    </span>
  );
}
