"""Kafka through aiokafka: the only package that imports it. Producers, topics, end offsets, readers."""
