import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { errorCatalogue, errorCodes } from './errors.ts';
import { exampleEvent } from './event-examples.ts';
import { eventBody, eventCatalogue, eventTypes } from './events.ts';
import { exampleId } from './primitives.ts';

describe('the error catalogue', () => {
  it('has the twelve codes of the API reference and three more, each with its status', () => {
    const statuses = Object.fromEntries(errorCodes.map((code) => [code, errorCatalogue[code].status]));
    expect(statuses).toEqual({
      AUTHENTICATION_REQUIRED: 401,
      INVALID_TOKEN: 401,
      PERMISSION_DENIED: 403,
      RESOURCE_NOT_FOUND: 404,
      VALIDATION_ERROR: 400,
      RATE_LIMIT_EXCEEDED: 429,
      LICENSE_EXPIRED: 403,
      LICENSE_REVOKED: 403,
      DEVICE_LIMIT_REACHED: 409,
      PLAN_LIMIT_REACHED: 403,
      PAYMENT_REQUIRED: 403,
      SUBSCRIPTION_INACTIVE: 403,
      CONFLICT: 409,
      LICENSE_SUSPENDED: 403,
      INTERNAL_ERROR: 500,
    });
  });

  it('tells of each code what happened and what to do, in whole sentences', () => {
    for (const code of errorCodes) {
      const { message, action } = errorCatalogue[code];
      expect([message, action], code).toEqual([
        expect.stringMatching(/^[A-Z].*\.$/),
        expect.stringMatching(/^[A-Z].*\.$/),
      ]);
    }
  });

  it('calls only what passes by itself worth trying again', () => {
    expect(errorCodes.filter((code) => errorCatalogue[code].retryable)).toEqual([
      'RATE_LIMIT_EXCEEDED',
      'INTERNAL_ERROR',
    ]);
  });
});

describe('the event catalogue', () => {
  it('has the eleven events of the API reference', () => {
    expect(Object.keys(eventCatalogue)).toEqual([
      'license.created',
      'license.activated',
      'license.deactivated',
      'license.expired',
      'license.revoked',
      'subscription.created',
      'subscription.updated',
      'subscription.canceled',
      'subscription.renewed',
      'payment.succeeded',
      'payment.failed',
    ]);
  });

  it('carries what the reference shows: id, type, time, and for a device the license, the device and the customer', () => {
    for (const type of eventTypes) {
      expect(Object.keys(eventBody(type).shape), type).toEqual([
        'id',
        'type',
        'created_at',
        'account_id',
        'sequence',
        'data',
      ]);
    }
    for (const type of ['license.activated', 'license.deactivated'] as const) {
      expect(Object.keys(eventCatalogue[type].data.shape)).toEqual(
        expect.arrayContaining(['license_id', 'device_id', 'customer_email']),
      );
    }
  });

  it('has an example of each, right in form', () => {
    for (const type of eventTypes) {
      expect(z.strictObject(eventBody(type).shape).safeParse(exampleEvent(type)).error, type).toBeUndefined();
    }
  });

  it('refuses a body of another type', () => {
    const body = {
      id: exampleId('event'),
      type: 'payment.failed',
      created_at: '2026-01-26T12:00:00.000Z',
      account_id: exampleId('account'),
      sequence: 1,
      data: { payment_id: 'p', invoice_id: 'i', amount: 1, currency: 'USD', failure_code: 'declined' },
    };
    expect(eventBody('payment.failed').safeParse(body).success).toBe(true);
    expect(eventBody('payment.succeeded').safeParse(body).success).toBe(false);
  });
});
