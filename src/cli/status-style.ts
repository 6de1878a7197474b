/** How a status looks. */
import type { StatusName } from './standing';
import type { Style, Terminal } from './terminal';

const STYLE: Readonly<Record<StatusName, Style>> = {
  running: 'cyan',
  blocked: 'yellow',
  paused: 'yellow',
  completed: 'green',
  failed: 'red',
  denied: 'red',
  cancelled: 'dim',
  terminated: 'red',
  timedOut: 'red',
};

export function statusStyled(terminal: Terminal, status: StatusName): string {
  return terminal.styled(STYLE[status], status);
}
