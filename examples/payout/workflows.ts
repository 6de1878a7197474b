/** The payout's workflow. */
import { programWorkflow } from '../../src/workflow';
import { payout as program } from './payout';

export const payout = programWorkflow(program);
