export { createEventRepository, type EventRepository } from './event.repository.ts';
export { eventsRouter } from './router.ts';
