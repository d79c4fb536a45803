import "server-only";
import { everyCallAnswered, newcomersMoved, nothingChanged, nothingLocked, outcomeIsTrue } from "./judge-ends.ts";
import { nameIsNext, onlyOneObject } from "./judge-objects.ts";
import {
  currentWasTried,
  endsWithWhatWorks,
  onlyForward,
  recordedStays,
  signedInWithIt,
  testedFirst,
} from "./judge-passwords.ts";
import { removedLate, removedOurs, removedUnneeded, stackMayDeploy } from "./judge-removals.ts";
import { sawWhatItSays, secondNeverWaits } from "./judge-saves.ts";
import {
  canaryAlone,
  databaseIsThere,
  failedGoesFirst,
  lookedFirst,
  oneAtATime,
  oneChangeEachWay,
  onlyReferences,
  onlyWhatWasPlanned,
  quietService,
  rightSwarm,
  stillAllowed,
  stopsAfterFive,
  undoOnlyWhereItMay,
  writtenDown,
} from "./judge-updates.ts";
import type { EndJudge, SaveJudge, WriteJudge } from "./sight.ts";

/** Every promise of docs/engine.md that can be seen from outside. Each says its number when it finds it broken. */
export const writeJudges: readonly WriteJudge[] = [
  nameIsNext,
  onlyOneObject,
  removedUnneeded,
  removedOurs,
  removedLate,
  stackMayDeploy,
  onlyReferences,
  onlyWhatWasPlanned,
  undoOnlyWhereItMay,
  failedGoesFirst,
  canaryAlone,
  oneAtATime,
  oneChangeEachWay,
  databaseIsThere,
  lookedFirst,
  writtenDown,
  stopsAfterFive,
  stillAllowed,
  quietService,
  rightSwarm,
  testedFirst,
];

export const saveJudges: readonly SaveJudge[] = [
  sawWhatItSays,
  secondNeverWaits,
  signedInWithIt,
  currentWasTried,
  onlyForward,
  recordedStays,
];

export const endJudges: readonly EndJudge[] = [
  outcomeIsTrue,
  nothingChanged,
  newcomersMoved,
  nothingLocked,
  everyCallAnswered,
  endsWithWhatWorks,
];
