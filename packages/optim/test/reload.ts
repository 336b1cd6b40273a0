import * as tf from '@tensorflow/tfjs';

/** Saves a model to memory and loads it back, weights and optimizer. */
export async function reload(model: tf.LayersModel): Promise<tf.LayersModel> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (saved) => {
      artifacts = saved;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
    { includeOptimizer: true },
  );
  return tf.loadLayersModel(tf.io.fromMemory(artifacts!));
}
