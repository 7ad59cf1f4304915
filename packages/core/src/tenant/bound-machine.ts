/** The machine of scaling groups with its effects, one for all groups of a host: what XState works out of it is kept with it. */
import type { Subscription } from 'rxjs';
import { fromCallback } from 'xstate';
import type { GroupRef } from '../model/scaling-group.ts';
import { milliseconds } from '../model/time.ts';
import type { Clock } from '../ports.ts';
import { type EffectCommand, type EffectInput, type GroupMachineEvent, scalingGroupMachine } from './scaling-group-machine.ts';

/** What an actor lends to its pass in flight. */
export interface PassControl {
  /** Told to stop; asked before each write. */
  readonly stop: boolean;
}
/** Begins a pass that ends, whatever happens, by telling the actor so. */
export type RunPass = (ref: GroupRef, control: PassControl, sendBack: (event: GroupMachineEvent) => void) => void;

/** Binds the machine's effects: passes as `runPass` runs them, and a timer on this clock. */
export const bindMachine = (clock: Clock, runPass: RunPass) =>
  scalingGroupMachine.provide({
    actors: {
      effects: fromCallback<EffectCommand, EffectInput, GroupMachineEvent>(({ input, sendBack, receive }) => {
        let control = { stop: false };
        let timer: Subscription | undefined;
        receive((command) => {
          switch (command.type) {
            case 'pass.begin':
              control = { stop: false };
              runPass(input.ref, control, sendBack);
              break;
            case 'pass.stop':
              control.stop = true;
              break;
            case 'timer.set': {
              timer?.unsubscribe();
              const wait = milliseconds(Math.max(0, command.dueAt - clock.now()));
              timer = clock.after(wait).subscribe(() => sendBack({ type: 'timer.elapsed' }));
              break;
            }
            case 'timer.clear':
              timer?.unsubscribe();
          }
        });
        return () => timer?.unsubscribe();
      }),
    },
  });

export type BoundMachine = ReturnType<typeof bindMachine>;
