// java -cp 'jars/*' EventsNames.java <brokers> <input> <output> <application id> <state folder> <names.ndjson>
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.ObjectWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;

/** The example pipeline as a Kafka Streams application, exactly once. Its static table is a map, the cheapest join there is. */
public final class EventsNames {
  public record Event(String hello, long id, String time) {}

  public record Name(long uid, String name) {}

  public record Row(String time, long user_id, String user_name, String hello, Long uid) {}

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ObjectReader EVENT = JSON.readerFor(Event.class);
  private static final ObjectWriter ROW = JSON.writerFor(Row.class);

  public static void main(String[] args) throws IOException {
    Map<Long, Name> names = new HashMap<>();
    for (String line : Files.readAllLines(Path.of(args[5]))) {
      Name name = JSON.readValue(line, Name.class);
      names.put(name.uid(), name);
    }
    StreamsBuilder builder = new StreamsBuilder();
    builder
        .stream(args[1], Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
        .map((key, value) -> rowOf(value, names))
        .to(args[2], Produced.with(Serdes.String(), Serdes.ByteArray()));
    KafkaStreams streams = new KafkaStreams(builder.build(), settings(args));
    Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
    streams.start();
  }

  private static KeyValue<String, byte[]> rowOf(byte[] value, Map<Long, Name> names) {
    try {
      Event event = EVENT.readValue(value);
      Name name = names.get(event.id() % 10);
      Row row =
          name == null
              ? new Row(event.time(), event.id(), null, event.hello(), null)
              : new Row(event.time(), event.id(), name.name(), event.hello(), name.uid());
      return KeyValue.pair(Long.toString(event.id()), ROW.writeValueAsBytes(row));
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static Properties settings(String[] args) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, args[0]);
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, args[3]);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, args[4]);
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
    settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
    // The default of 100 ms is for latency; a throughput this high needs fewer transactions.
    settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 1_000);
    settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
    settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, 10_000);
    settings.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "gzip");
    settings.put(ProducerConfig.COMPRESSION_GZIP_LEVEL_CONFIG, 1);
    settings.put(ProducerConfig.LINGER_MS_CONFIG, 20);
    settings.put(ProducerConfig.BATCH_SIZE_CONFIG, 262_144);
    return settings;
  }
}
