import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiFailure } from '../../contract/errors.ts';
import { serviceClassOf } from './service-class.ts';

describe('the class of a request', () => {
  test('is that of its key', () => assert.equal(serviceClassOf('interactive', {}, null), 'interactive'));
  test('is background for side calls', () => assert.equal(serviceClassOf('interactive', {}, 'title'), 'background'));
  test('is what its header says', () => {
    assert.equal(serviceClassOf('interactive', { 'x-metalyard-class': 'batch' }, null), 'batch');
    assert.equal(serviceClassOf('interactive', { 'x-metalyard-class': 'interactive' }, 'title'), 'interactive');
  });
  test('is never more urgent than its key', () => {
    assert.equal(serviceClassOf('batch', { 'x-metalyard-class': 'interactive' }, null), 'batch');
    assert.equal(serviceClassOf('batch', {}, 'sub-agent'), 'batch');
  });
  test('is an error when there is none such', () => {
    assert.throws(
      () => serviceClassOf('interactive', { 'x-metalyard-class': 'urgent' }, null),
      (error) =>
        error instanceof ApiFailure && /^x-metalyard-class: must be one of interactive, /.test(error.error.message),
    );
  });
});
