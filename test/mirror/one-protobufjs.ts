/**
 * The SDK's external storage works only where protobufjs is installed once, but npm installs a copy for each of Temporal's packages.
 * A test file that imports this first has one copy, as users have who say so in their package.json (`overrides`).
 */
import { dirname } from 'node:path';

const ofPackage = (name: string, module: string): string =>
  require.resolve(module, { paths: [dirname(require.resolve(name))] });

for (const module of ['protobufjs', 'protobufjs/ext/protojson']) {
  const [theirs, one] = [ofPackage('@temporalio/common', module), ofPackage('@temporalio/proto', module)];
  if (theirs !== one) jest.doMock(theirs, () => jest.requireActual<object>(one));
}
