export { redisBus, type RedisBusOptions } from './bus.ts';
export type { IoredisClient, IoredisCluster, IoredisOverride, IoredisSubscriber } from './ioredis.ts';
export type { NodeRedisClient, NodeRedisSubscriber } from './node-redis.ts';
